"use strict";

window.Redoc.init("/openapi.json", { hideLoading: true, nativeScrollbars: true }, document.getElementById("redoc"));
