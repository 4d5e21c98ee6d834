"""What runs at every start: /flash, the run's options, then the script if there is one."""

import _start

_start.boot()
