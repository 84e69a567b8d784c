/*
 * What every subcommand of pusherctl shares: its entry point and its exit statuses.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

enum exit_status {
    EXIT_DONE = 0,       /* did what was asked, or was told to stop */
    EXIT_USAGE = 1,      /* wrong usage, or the machine refused memory or a descriptor */
    EXIT_REFUSED = 2,    /* the server refused for good */
    EXIT_TIMED_OUT = 3,  /* the time passed; trigger: also a server out of reach */
    EXIT_NO_CHANNEL = 4, /* every subscription failed for good */
};

/* Each gets the arguments after the subcommand's name and returns an exit status. */
int command_listen(int argc, char **argv);
int command_trigger(int argc, char **argv);
int command_sandbox(int argc, char **argv);
int command_swarm(int argc, char **argv);

#endif
