// Preloaded into soketi: the drivers it loads at start but no test uses are empty modules.
'use strict';
const Module = require('module');

const unused = new Set(require('./soketi-unused.json'));
const load = Module._load;

function packageName(request) {
    const parts = request.split('/');
    return request.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

Module._load = function (request, ...rest) {
    return unused.has(packageName(request)) ? {} : load.call(this, request, ...rest);
};
