export {};
//# sourceMappingURL=governable.js.map