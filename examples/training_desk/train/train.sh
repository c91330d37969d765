for step in 1 2 3; do
  echo "seed $2 step $step"
  sleep 0.1
done
