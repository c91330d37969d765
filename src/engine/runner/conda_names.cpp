#include "engine/runner/conda_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace azureml::engine::runner {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Sorted by the first name.
constexpr auto kNames = std::to_array<Pair>({
    {"azureml-mlflow", "azureml-mlflow"},
    {"beautifulsoup4", "beautifulsoup4"},
    {"bokeh", "bokeh"},
    {"catboost", "catboost"},
    {"click", "click"},
    {"cloudpickle", "cloudpickle"},
    {"cython", "cython"},
    {"dask", "dask"},
    {"datasets", "datasets"},
    {"flask", "flask"},
    {"gensim", "gensim"},
    {"h5py", "h5py"},
    {"imbalanced-learn", "imbalanced-learn"},
    {"ipython", "ipython"},
    {"jinja2", "jinja2"},
    {"joblib", "joblib"},
    {"keras", "keras"},
    {"lightgbm", "lightgbm"},
    {"lxml", "lxml"},
    {"matplotlib", "matplotlib"},
    {"matplotlib-base", "matplotlib"},
    {"mlflow", "mlflow"},
    {"mlflow-skinny", "mlflow-skinny"},
    {"mpi4py", "mpi4py"},
    {"networkx", "networkx"},
    {"nltk", "nltk"},
    {"numba", "numba"},
    {"numpy", "numpy"},
    {"onnx", "onnx"},
    {"onnxruntime", "onnxruntime"},
    {"openpyxl", "openpyxl"},
    {"packaging", "packaging"},
    {"pandas", "pandas"},
    {"pillow", "pillow"},
    {"plotly", "plotly"},
    {"protobuf", "protobuf"},
    {"psutil", "psutil"},
    {"py-xgboost", "xgboost"},
    {"pyarrow", "pyarrow"},
    {"python-dateutil", "python-dateutil"},
    {"pytorch", "torch"},
    {"pytz", "pytz"},
    {"pyyaml", "pyyaml"},
    {"requests", "requests"},
    {"scikit-image", "scikit-image"},
    {"scikit-learn", "scikit-learn"},
    {"scipy", "scipy"},
    {"seaborn", "seaborn"},
    {"setuptools", "setuptools"},
    {"six", "six"},
    {"spacy", "spacy"},
    {"sqlalchemy", "sqlalchemy"},
    {"statsmodels", "statsmodels"},
    {"sympy", "sympy"},
    {"tensorboard", "tensorboard"},
    {"tensorflow", "tensorflow"},
    {"threadpoolctl", "threadpoolctl"},
    {"torchaudio", "torchaudio"},
    {"torchvision", "torchvision"},
    {"tqdm", "tqdm"},
    {"transformers", "transformers"},
    {"typing_extensions", "typing_extensions"},
    {"wheel", "wheel"},
    {"xgboost", "xgboost"},
});

constexpr bool by_name(Pair const& a, Pair const& b) { return a.first < b.first; }
static_assert(std::is_sorted(kNames.begin(), kNames.end(), by_name));

}  // namespace

std::optional<std::string_view> pypi_name(std::string_view conda_name) {
  auto const found = std::lower_bound(kNames.begin(), kNames.end(), Pair{conda_name, {}}, by_name);
  if (found == kNames.end() || found->first != conda_name) return std::nullopt;
  return found->second;
}

}  // namespace azureml::engine::runner
