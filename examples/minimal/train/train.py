import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--rate", type=float, default=0.1)
args = parser.parse_args()

# Walks down the parabola (x - 3)^2.
x = 0.0
for step in range(args.steps):
    x -= args.rate * (x - 3.0)
    print(f"step {step}: x = {x:.4f}", flush=True)

os.makedirs("outputs", exist_ok=True)
with open("outputs/result.txt", "w") as file:
    file.write(f"{x:.4f}\n")
