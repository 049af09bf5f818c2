/** The page of the list: filters without a reload, and what runs, live. */

import { startFilters } from "./filters.js";
import { startLiveList } from "./live_list.js";

startFilters();
startLiveList();
