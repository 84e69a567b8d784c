/*
 * The application's authorizer: what it is asked, and how it answers: at once, later,
 * wrongly, twice, too late or never.
 */
#ifndef SIM_AUTHORIZER_H
#define SIM_AUTHORIZER_H

#include "app.h"

void authorizer_init(struct app *app);

/* Puts it into the options of the next client. */
void authorizer_offer(struct app *app);

/* The client is gone: nothing is answered any more. */
void authorizer_forget(struct app *app);

#endif
