/** The page of a graph. */

import { startGraph } from "./graph.js";
import { startThumbnails } from "../faceforge.ui_shell/thumbnails.js";

startThumbnails();
startGraph();
