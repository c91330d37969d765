"""Fits a ridge regression to the table patients.csv in a folder of data, and keeps the model in outputs/."""
import argparse
import csv
import os

import joblib
import numpy
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--data-folder", required=True, help="folder with patients.csv")
parser.add_argument("--regularization", type=float, default=0.5, help="strength of the ridge penalty")
args = parser.parse_args()

table = numpy.genfromtxt(os.path.join(args.data_folder, "patients.csv"), delimiter=",", skip_header=1)
features, target = table[:, :-1], table[:, -1]
train_x, test_x, train_y, test_y = train_test_split(features, target, test_size=0.2, random_state=0)
print(f"{len(train_x)} patients to learn from, {len(test_x)} to test with", flush=True)

model = Ridge(alpha=args.regularization).fit(train_x, train_y)
prediction = model.predict(test_x)
error, score = mean_squared_error(test_y, prediction), r2_score(test_y, prediction)
print(f"regularization {args.regularization}: mean squared error {error:.1f}, r2 {score:.3f}", flush=True)

os.makedirs("outputs", exist_ok=True)
os.makedirs("logs", exist_ok=True)
joblib.dump(model, "outputs/model.joblib")
with open("logs/scores.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["regularization", "mse", "r2"])
    writer.writerow([args.regularization, error, score])
