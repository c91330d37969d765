"""The azureml program's datastores, on an engine of its own."""
import json

from harness import EngineTest, main


class Datastores(EngineTest):
    def test_files_go_up_and_come_down(self):
        self.write("data/a.csv", "1,2\n")
        self.write("data/more/b c.csv", "3\n")
        finished = self.azureml("datastore", "upload", "data", "--target-path", "sets/iris")
        self.assertEqual(finished.stdout, "2 files, 6 B\nazureml://datastores/workspaceblobstore/paths/sets/iris\n")
        again = json.loads(self.azureml("datastore", "upload", "data", "--target-path", "sets/iris", "--json").stdout)
        self.assertEqual((again["files"], again["skipped"]), (0, 2))
        self.assertEqual(again["address"], "azureml://datastores/workspaceblobstore/paths/sets/iris")
        self.azureml("datastore", "upload", "data/a.csv", "data/more/b c.csv", "--target-path", "single", "--relative-root", "data")
        self.azureml("datastore", "download", "sets/", "-o", "down")
        self.assertEqual((self.folder / "down/sets/iris/more/b c.csv").read_text(), "3\n")
        report = json.loads(self.azureml("datastore", "download", "single/a", "-o", "down", "--json").stdout)
        self.assertEqual(report["files"], 1)
        self.assertEqual((self.folder / "down/single/a.csv").read_text(), "1,2\n")

        self.write("train/train.sh", 'cat "$AZUREML_DATAREFERENCE_iris/a.csv" "$AZUREML_DATAREFERENCE_here/more/b c.csv"\n')
        log = self.azureml("submit", "train", "--entry-script", "train.sh", "--input", "here=./data",
                           "--input", "iris=azureml://datastores/workspaceblobstore/paths/sets/iris").stdout
        self.assertEqual(log, "1,2\n3\n")

    def test_stores_are_listed_registered_and_forgotten(self):
        names = {one["name"]: one for one in json.loads(self.azureml("datastore", "list", "--json").stdout)}
        self.assertTrue(names["workspaceblobstore"]["is_default"])
        self.assertIn("workspaceblobstore (default)", self.azureml("datastore", "list").stdout)
        self.assertIn("AzureBlob", self.azureml("datastore", "show").stdout)
        key = self.write("key", "Y2FuYXJ5LWNhbmFyeQ==\n")
        self.azureml("datastore", "register", "mine", "--account", "acct", "--container", "box", "--account-key-file", key,
                     "--skip-validation", "--default")
        shown = self.azureml("datastore", "show", "--json").stdout
        self.assertEqual(json.loads(shown)["name"], "mine")
        self.assertNotIn("Y2FuYXJ5", shown)
        self.azureml("datastore", "register", "mine", "--account", "acct", "--container", "box", code=1)
        self.azureml("datastore", "set-default", "workspaceblobstore")
        self.azureml("datastore", "unregister", "mine")
        self.azureml("datastore", "show", "mine", code=1)

    def test_wrong_words_are_two(self):
        for words in (["datastore"], ["datastore", "fill"], ["datastore", "upload"], ["datastore", "register", "x", "--account", "a"],
                      ["datastore", "upload", "absent"]):
            self.azureml(*words, code=2)
        self.write("a/x", "")
        self.write("b/x", "")
        self.azureml("datastore", "upload", "a", "b", code=2)


if __name__ == "__main__":
    main()
