// Calls the server library `pusher`: {app, method, args} gives {status, body}.
'use strict';
const Pusher = require('pusher');
const { serve } = require('./lines');

serve(async ({ app, method, args }) => {
    try {
        const response = await new Pusher(app)[method](...args);
        return { status: response.status, body: await response.text() };
    } catch (error) {
        if (!error.status) throw error;
        return { status: error.status, body: error.body };
    }
});
