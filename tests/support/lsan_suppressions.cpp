// A process that ends just after a stopped call leaves what the HTTP library's pool had still to do undone.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
  return "leak:libcpprest\nleak:pplx::\nleak:_ScheduleFuncWithAutoInline\n";
}
