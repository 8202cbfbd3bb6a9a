// The operations of the Speech SDK for JavaScript: operations.js [PATTERN]. NODE_PATH holds the SDK.
"use strict";
for (const part of ["recognition", "damaged", "translation", "options", "synthesis", "connection", "faults"]) require(`./${part}`);
require("./harness").run(process.argv[2]);
