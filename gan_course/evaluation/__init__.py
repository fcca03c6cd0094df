"""How good is a generator? Feature networks, distances, and a report with the real-against-real floor beside it."""

from gan_course.dialogue.scores import bleu, ngram_divergence, novelty, self_bleu, text_share
from gan_course.evaluation.bins import Bins, different_bins
from gan_course.evaluation.blind_test import BlindTest, Opinion, answers_needed, opinion
from gan_course.evaluation.colourfulness import colourfulness
from gan_course.evaluation.constancy import constancy
from gan_course.evaluation.diagnosis import Diagnosis, diagnose
from gan_course.evaluation.evaluate import evaluate
from gan_course.evaluation.fault_matrix import FaultMatrix, Measure, fault_matrix
from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.frame_distance import frame_distance
from gan_course.evaluation.inception import Inception, WeightsError, inception
from gan_course.evaluation.labels import label_accuracy
from gan_course.evaluation.memorisation import Memorisation, memorisation
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
    speeds,
)
from gan_course.evaluation.motion_interval import Interval, MotionInterval, motion_interval
from gan_course.evaluation.perceptual import diversity, perceptual_distance
from gan_course.evaluation.reconstruction import psnr, ssim
from gan_course.evaluation.report import Measures, Report, Table, compare
from gan_course.evaluation.symptoms import Symptoms, checkerboard, leakage, mean_distance
from gan_course.evaluation.vgg19 import vgg19_maps

__all__ = [
    "Bins",
    "BlindTest",
    "Diagnosis",
    "FaultMatrix",
    "FeatureNetwork",
    "Inception",
    "Interval",
    "Measure",
    "Measures",
    "Memorisation",
    "ModeCoverage",
    "Motion",
    "MotionInterval",
    "Movement",
    "Opinion",
    "QualityMonitor",
    "Report",
    "Symptoms",
    "Table",
    "WeightsError",
    "answers_needed",
    "bleu",
    "centroids",
    "checkerboard",
    "colourfulness",
    "compare",
    "constancy",
    "diagnose",
    "different_bins",
    "diversity",
    "evaluate",
    "fault_matrix",
    "feature_network",
    "frame_differences",
    "frame_distance",
    "inception",
    "label_accuracy",
    "leakage",
    "mean_distance",
    "memorisation",
    "mode_coverage",
    "motion_distance",
    "motion_interval",
    "movement",
    "ngram_divergence",
    "novelty",
    "opinion",
    "optical_flow",
    "perceptual_distance",
    "psnr",
    "self_bleu",
    "speeds",
    "ssim",
    "text_share",
    "vgg19_maps",
]
