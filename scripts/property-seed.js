// Before each test file: properties are tried on the same cases in every run. PROPERTY_SEED=$RANDOM looks for new ones.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20230510) })
