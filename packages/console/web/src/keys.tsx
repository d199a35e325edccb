import { useEffect, useRef } from 'preact/hooks'
import { go } from './router.tsx'

const keys: readonly (readonly [key: string, what: string])[] = [
  ['Tab', 'to the next link or button, with Shift back; the first leads past the menu'],
  ['Enter', 'opens or presses it'],
  ['s', 'all services'],
  ['i', 'incidents'],
  ['?', 'these keys'],
  ['Esc', 'closes them'],
]
const places: Record<string, string> = { s: '/', i: '/incidents' }

/** Which keys there are, when asked by one. Who writes or has something open is left alone. */
export function Keys() {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isWriting = (event.target as Element).closest('input, textarea, select, dialog') !== null
      if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') dialog.current?.showModal()
      const place = places[event.key]
      if (place !== undefined) go(place)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  )
}
