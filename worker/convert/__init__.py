"""Turns a provider's own trained model into ONNX and says how well it agrees with the original (extra `convert`).

What this process imports is small: scikit-learn and the converters are loaded by the child that does the work.
"""

from worker.convert.agreement import Agreement, Difference
from worker.convert.apart import Converted, ConvertLimits, NotConverted, convert_apart

__all__ = ["Agreement", "ConvertLimits", "Converted", "Difference", "NotConverted", "convert_apart"]
