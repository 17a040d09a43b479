# The user guide's section "Production Deployment" line by line, with the name that was printed by
# --stage; run by test_production.py on us_large. Exit code 1 of the last line: a limit is breached.

# 1. Run optimization with staging
exo optuna-run --n-trials 50 --stage | tee run.log

# 2. Review staged factors
cat $(sed -n 's/^review *cat //p' run.log)

# 3. Promote to production (manual)
cp config/staging/factors_optuna_latest.yml config/factors.yml

# 4. Verify deployment
exo risk status --config config/factors.yml || test $? = 1

# The same with a history
rm config/factors.yml
exo factors promote
exo factors history
exo risk status --config config/factors.yml || test $? = 1
