import { Observable } from 'rxjs'

/** Emits every `ms` ms. Does not keep the process alive. */
export const intervalOf = (ms: number): Observable<void> =>
  new Observable((to) => {
    const timer = setInterval(() => {
      to.next()
    }, ms).unref()
    return () => {
      clearInterval(timer)
    }
  })
