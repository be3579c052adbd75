# What maturin generates from include/mailrep.h when the wheel is built: cffi's declarations and the loaded library.

from typing import Any

ffi: Any
lib: Any
