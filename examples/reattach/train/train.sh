for step in 1 2 3; do
  echo "step $step of $AZUREML_RUN_ID"
  sleep 0.2
done
