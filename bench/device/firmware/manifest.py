include("../../../firmware/manifest.py")
freeze("../board")
