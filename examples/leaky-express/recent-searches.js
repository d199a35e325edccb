'use strict'

/** What each visitor looked for last, so that "back to the results" is instant. */
const recentSearches = new Map()

exports.remember = function remember(visitor, query, page) {
  recentSearches.set(visitor, { query, page, at: new Date() })
}

exports.recall = function recall(visitor) {
  return recentSearches.get(visitor)
}
