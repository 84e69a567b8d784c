// Clients of pusher-js, unmodified, each by a name. All that they report is an event line:
// {client, event, data} of a connection, with `channel` those of a channel.
'use strict';
const Pusher = require('pusher-js');
const Server = require('pusher');
const { say, serve } = require('./lines');

const clients = new Map();

// As an application's own server would.
function authorizer(app, user) {
    const server = new Server(app);
    return {
        customHandler({ socketId, channelName }, done) {
            const member = channelName.startsWith('presence-') ? user : undefined;
            done(null, server.authorizeChannel(socketId, channelName, member));
        },
    };
}

// As an application's own server would. Without a user it refuses.
function userAuthenticator(app, user) {
    const server = new Server(app);
    return {
        customHandler({ socketId }, done) {
            if (!user) return done(new Error('nobody'), null);
            done(null, server.authenticateUser(socketId, user));
        },
    };
}

function plain(data) {
    const isMembers = data && data.members && typeof data.each === 'function';
    if (!isMembers) return data;
    return { count: data.count, members: data.members, me: data.me };
}

const requests = {
    // `user`: who it is in presence channels; `signin`: who signs in, by signin() below.
    // `options` are those of pusher-js.
    connect({ client, app, user, signin, options }) {
        const pusher = new Pusher(app.key, {
            cluster: '',
            wsHost: app.host,
            wsPort: app.port,
            wssPort: app.port,
            forceTLS: app.useTLS,
            enabledTransports: ['ws'],
            channelAuthorization: authorizer(app, user),
            userAuthentication: userAuthenticator(app, signin),
            ...options,
        });
        clients.set(client, pusher);
        for (const event of ['connected', 'error', 'state_change', 'message']) {
            pusher.connection.bind(event, (data) => say({ client, event, data }));
        }
    },

    subscribe({ client, channel }) {
        clients.get(client).subscribe(channel).bind_global((event, data) => {
            say({ client, channel, event, data: plain(data) });
        });
        // bind_global does not tell who sent a client event; a named handler is told.
        clients.get(client).channel(channel).bind('client-typing', (data, { user_id }) => {
            say({ client, channel, event: 'client-typing from', data: user_id });
        });
    },

    // What happens to the user comes as from the channel "user", to those it watches as from
    // "watchlist".
    signin({ client }) {
        const { user } = clients.get(client);
        user.bind_global((event, data) => say({ client, channel: 'user', event, data }));
        user.watchlist.bind_global((event, data) => {
            say({ client, channel: 'watchlist', event, data });
        });
        clients.get(client).signin();
    },

    unsubscribe({ client, channel }) {
        clients.get(client).unsubscribe(channel);
    },

    trigger({ client, channel, event, data }) {
        return clients.get(client).channel(channel).trigger(event, data);
    },

    send({ client, event, data }) {
        return clients.get(client).send_event(event, data);
    },

    members({ client, channel }) {
        return plain(clients.get(client).channel(channel).members);
    },

    disconnect({ client }) {
        clients.get(client).disconnect();
    },
};

serve((request) => requests[request.do](request));
