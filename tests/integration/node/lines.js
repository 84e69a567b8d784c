// JSON lines: requests on standard input, answers and events on standard output.
'use strict';
const readline = require('readline');

function say(line) {
    process.stdout.write(JSON.stringify(line) + '\n');
}

// Each request is answered in its turn by what handle(request) returns or resolves to.
function serve(handle) {
    let last = Promise.resolve();
    const input = readline.createInterface({ input: process.stdin });
    input.on('line', (text) => {
        const request = JSON.parse(text);
        last = last
            .then(() => handle(request))
            .then((result) => say({ id: request.id, result: result === undefined ? null : result }))
            .catch((error) => say({ id: request.id, failed: String(error && error.stack) }));
    });
    input.on('close', () => process.exit(0));
}

module.exports = { say, serve };
