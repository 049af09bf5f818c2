/** The page of one entity. */

import { startMore } from "./more.js";
import { leadToList } from "./place.js";
import { startRename } from "./rename.js";
import { startThumbnails } from "./thumbnails.js";
import { startUploads } from "./uploads.js";

startThumbnails();
startRename();
leadToList();
startUploads();
await startMore();
