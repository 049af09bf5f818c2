/** The page of a graph. */

import { startGraph } from "./graph.js";
import { startThumbnails } from "./thumbnails.js";

startThumbnails();
startGraph();
