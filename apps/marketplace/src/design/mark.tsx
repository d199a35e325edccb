/** The shop's mark: a price tag with the tide in it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="34" height="34" aria-hidden="true" focusable="false">
      <path class="mark-tag" d="M11.5 1.5h9L28 9v17.5a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V9z" />
      <path class="mark-tide" d="M4 18.5c3-2.6 5-2.6 8 0s5 2.6 8 0 5-2.6 8 0v8a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4z" />
      <circle class="mark-hole" cx="16" cy="8.5" r="2.3" />
    </svg>
  )
}
