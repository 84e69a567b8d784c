/*
 * Names for tests: getaddrinfo() is the test's own. "two.test" has 127.0.0.2 and, behind
 * it, 127.0.0.1; "hang.test" is answered when names_release() is called; "none.test" has
 * no address. Everything else is what the system says.
 */
#ifndef NET_TEST_NAMES_H
#define NET_TEST_NAMES_H

/* Waits until a look-up of "hang.test" has begun. */
void names_await(void);
/* Lets all look-ups of "hang.test" end, and waits for their threads to be gone. */
void names_release(void);

#endif
