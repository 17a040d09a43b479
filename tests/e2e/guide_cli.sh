# The user guide's commands, line by line, in its order; run by test_guide.py in a fresh project.
# Lines that serve a page stand in test_guide.py, those about Docker in scripts/test_docker.sh.

# CLI Usage & Common Flags: Initialize Study
exo optuna-init --study-name my_optimization

# Run Optimization
exo optuna-run --n-trials 20
exo optuna-run --n-trials 50 --n-jobs 4
exo optuna-run --n-trials 30 --notify-progress --progress-interval 5
exo optuna-run --n-trials 25 --stage

# Common Flags, each as in the table's example
exo optuna-run --n-trials 100
exo optuna-run --n-trials 5 --n-jobs 8
exo optuna-run --n-trials 5 --study-name my_study
exo optuna-run --n-trials 5 --study-file custom.db
exo optuna-run --n-trials 5 --no-stage

# Advanced Usage
exo optuna-run --n-trials 5 --study-name existing_study
exo optuna-run --n-trials 25 --study-name existing_study
exo optuna-run --n-trials 10 --export-yaml factors/optimized.yml
export TELEGRAM_DRY_RUN=true
exo optuna-run --n-trials 5 --notify-progress

# Performance Tuning Tips
export N_JOBS=$(nproc)
exo optuna-run --n-jobs $N_JOBS

# Study Management
exo optuna-run --study-name factor_opt_$(date +%Y%m%d)
exo optuna-run --n-trials 2 --study-name old_study
optuna delete-study --study-name old_study --storage sqlite:///studies/factor_opt.db

# Restarting Optimization, Study Resume
exo optuna-run --n-trials 25 --study-name factor_weight_optimization
sqlite3 studies/factor_opt.db "SELECT COUNT(*) FROM trials;"
exo optuna-run --n-trials 50

# Multi-Study Management
exo optuna-run --study-name conservative_opt --study-file studies/conservative.db
exo optuna-run --study-name aggressive_opt --study-file studies/aggressive.db

# Monitoring Long Runs
sqlite3 studies/factor_opt.db "
  SELECT trial_id, value, state, datetime_complete 
  FROM trials 
  ORDER BY datetime_complete DESC 
  LIMIT 10;
"

# Production Deployment, with the name that was printed
exo optuna-run --n-trials 50 --stage | tee run.log
cat $(sed -n 's/^review *cat //p' run.log)
cp config/staging/factors_optuna_latest.yml config/factors.yml

# Archive completed studies
mv studies/factor_opt.db studies/factor_opt_backup_$(date +%Y%m%d).db
exo study list --study-file studies/factor_opt_backup_$(date +%Y%m%d).db
