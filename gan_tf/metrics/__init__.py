"""How good is a generator? Feature networks, distances, and a report with the real-against-real floor beside it."""

from gan_tf.metrics.bins import Bins, different_bins
from gan_tf.metrics.damage import DAMAGES, bicubic, grey, masked, small
from gan_tf.metrics.distances import (
    MeanStd,
    Moments,
    classifier_score,
    frechet_distance,
    kernel_distance,
    moments,
)
from gan_tf.metrics.evaluate import evaluate
from gan_tf.metrics.fault_matrix import FaultMatrix, Measure, fault_matrix
from gan_tf.metrics.faults import (
    Draw,
    blurred,
    collapsed,
    copied,
    drawn,
    jumbled,
    narrowed,
    noisy,
    one_voice,
    repeated,
    tinted,
    unbroken,
    usual_faults,
)
from gan_tf.metrics.features import FeatureNetwork, feature_network
from gan_tf.metrics.fidelity import psnr, ssim
from gan_tf.metrics.frames import frame_distance
from gan_tf.metrics.identity import identity
from gan_tf.metrics.inception import Inception, WeightsError, inception
from gan_tf.metrics.labels import label_accuracy
from gan_tf.metrics.modes import ModeCoverage, mode_coverage
from gan_tf.metrics.monitor import QualityMonitor
from gan_tf.metrics.motion import (
    Motion,
    Movement,
    centroids,
    frame_differences,
    motion_distance,
    movement,
    optical_flow,
    shuffled,
    speeds,
    stilled,
)
from gan_tf.metrics.neighbours import (
    DensityCoverage,
    Memorisation,
    PrecisionRecall,
    density_coverage,
    memorisation,
    nearest_neighbours,
    precision_recall,
)
from gan_tf.metrics.people import BlindTest, Opinion, answers_needed, opinion
from gan_tf.metrics.perceptual import diversity, perceptual_distance
from gan_tf.metrics.report import Measures, Report, Table, compare
from gan_tf.metrics.symptoms import Symptoms, checkerboard, leakage, mean_distance
from gan_tf.metrics.text import bleu, ngram_divergence, novelty, self_bleu, text_share
from gan_tf.metrics.vgg19 import vgg19_maps

__all__ = [
    "DAMAGES",
    "Bins",
    "BlindTest",
    "DensityCoverage",
    "Draw",
    "FaultMatrix",
    "FeatureNetwork",
    "Inception",
    "MeanStd",
    "Measure",
    "Measures",
    "Memorisation",
    "ModeCoverage",
    "Moments",
    "Motion",
    "Movement",
    "Opinion",
    "PrecisionRecall",
    "QualityMonitor",
    "Report",
    "Symptoms",
    "Table",
    "WeightsError",
    "answers_needed",
    "bicubic",
    "bleu",
    "blurred",
    "centroids",
    "checkerboard",
    "classifier_score",
    "collapsed",
    "compare",
    "copied",
    "density_coverage",
    "different_bins",
    "diversity",
    "drawn",
    "evaluate",
    "fault_matrix",
    "feature_network",
    "frame_differences",
    "frame_distance",
    "frechet_distance",
    "grey",
    "identity",
    "inception",
    "jumbled",
    "kernel_distance",
    "label_accuracy",
    "leakage",
    "masked",
    "mean_distance",
    "memorisation",
    "mode_coverage",
    "moments",
    "motion_distance",
    "movement",
    "narrowed",
    "nearest_neighbours",
    "ngram_divergence",
    "noisy",
    "novelty",
    "one_voice",
    "opinion",
    "optical_flow",
    "perceptual_distance",
    "precision_recall",
    "psnr",
    "repeated",
    "self_bleu",
    "shuffled",
    "small",
    "speeds",
    "ssim",
    "stilled",
    "text_share",
    "tinted",
    "unbroken",
    "usual_faults",
    "vgg19_maps",
]
