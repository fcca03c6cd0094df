"""How good is a generator? Feature networks, distances, and a report with the real-against-real floor beside it."""

from gan_course.data.damage import DAMAGES, bicubic, grey, masked, small
from gan_course.data.faults import (
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
from gan_course.dialogue.scores import bleu, ngram_divergence, novelty, self_bleu, text_share
from gan_course.evaluation.bins import Bins, different_bins
from gan_course.evaluation.blind_test import BlindTest, Opinion, answers_needed, opinion
from gan_course.evaluation.constancy import identity
from gan_course.evaluation.evaluate import evaluate
from gan_course.evaluation.fault_matrix import FaultMatrix, Measure, fault_matrix
from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.frame_distance import frame_distance
from gan_course.evaluation.inception import Inception, WeightsError, inception
from gan_course.evaluation.labels import label_accuracy
from gan_course.evaluation.modes import ModeCoverage, mode_coverage
from gan_course.evaluation.monitor import QualityMonitor
from gan_course.evaluation.motion import (
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
from gan_course.evaluation.perceptual import diversity, perceptual_distance
from gan_course.evaluation.reconstruction import psnr, ssim
from gan_course.evaluation.report import Measures, Report, Table, compare
from gan_course.evaluation.symptoms import Symptoms, checkerboard, leakage, mean_distance
from gan_course.evaluation.vgg19 import vgg19_maps
from gan_tf.metrics import (
    DensityCoverage,
    MeanStd,
    Memorisation,
    Moments,
    PrecisionRecall,
    classifier_score,
    density_coverage,
    frechet_distance,
    kernel_distance,
    memorisation,
    moments,
    nearest_neighbours,
    precision_recall,
)

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
