/*
 * Names for tests: getaddrinfo() is the test's own. "two.test" has 127.0.0.2 and, behind
 * it, 127.0.0.1; "hang.test" and what ends in it are answered when names_release() is
 * called; "none.test" has no address. Everything else is what the system says.
 */
#ifndef NET_TEST_NAMES_H
#define NET_TEST_NAMES_H

/* Waits until so many look-ups hang. */
void names_await(int count);
/* Lets all that hang end, and waits for their threads to be gone. */
void names_release(void);

/* How many have begun that hang, and how many hung at once, since names_forget(). */
int names_begun(void);
int names_most_at_once(void);
void names_forget(void);

#endif
