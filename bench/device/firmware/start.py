# All that the board compiles itself: the rest is frozen in, so that the compiler's memory does
# not count. Alone in its folder, so that the frozen modules are found.
import measure

measure.main()
