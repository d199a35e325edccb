import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const moved = 'plimsoll:moved'

/** Goes to another page of ours without loading anew. */
export function go(path: string): void {
  history.pushState(null, '', path)
  dispatchEvent(new Event(moved))
  scrollTo(0, 0)
}

/** The path under which the page is shown now. */
export function usePath(): string {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const update = () => setPath(location.pathname)
    addEventListener('popstate', update)
    addEventListener(moved, update)
    return () => {
      removeEventListener('popstate', update)
      removeEventListener(moved, update)
    }
  }, [])
  return path
}

export function Link(props: { to: string; class?: string; children: ComponentChildren; current?: boolean }) {
  return (
    <a
      href={props.to}
      class={props.class}
      aria-current={props.current ? 'page' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go(props.to)
      }}
    >
      {props.children}
    </a>
  )
}
