"""The same module as ussl."""

from ussl import *
from ussl import _create_unverified_context as _create_unverified_context
