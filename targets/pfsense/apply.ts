/**
 * PHP for `php -r`: a fixed text. What is applied comes as JSON on standard input, so that no data is ever PHP:
 * `base` (SHA-256 of config.xml as it was read), `config` (the file as it shall be), `trackers` (how often each of our
 * identifiers must be among the rules that are loaded), `note` (for pfSense's own history of configurations).
 *
 * pfSense reads the new file with its own reader, and only its filter and its aliases are taken over; `write_config` keeps
 * the old configuration in its history, `filter_configure_sync` generates and loads the rules. Then they are counted
 * among the generated and the loaded rules: pfSense turns a rule that it cannot resolve into a comment, and a vanished block would open a path.
 * On a miscount the former rules come back. Exit codes: 0 done, 3 the base is another, 4 the file is not readable,
 * 5 miscounted and put back.
 */
export const applyScript = `
require_once("config.inc");
require_once("functions.inc");
require_once("filter.inc");

function sluice_end(int $code, string $message): never {
	fwrite(STDERR, $message . "\\n");
	exit($code);
}

function sluice_apply(array $parts, string $note): void {
	foreach ($parts as $path => $part) {
		config_set_path($path, $part);
	}
	write_config($note);
	filter_configure_sync();
}

function sluice_count(array $lines): array {
	$trackers = [];
	foreach ($lines as $line) {
		if (preg_match("/^[a-z].*?\\b(?:ridentifier |id[:=])(\\d+)/", $line, $found) && (int)$found[1] >= 0xC0000000) {
			$trackers[] = $found[1];
		}
	}
	$counts = array_count_values($trackers);
	ksort($counts);
	return $counts;
}

$order = json_decode(stream_get_contents(STDIN), true, 16, JSON_THROW_ON_ERROR);
$file = $g["conf_path"] . "/config.xml";
if (hash_file("sha256", $file) !== $order["base"]) {
	sluice_end(3, "config.xml is not the file that the change was made for");
}
$candidate = tempnam($g["tmp_path"], "sluice");
file_put_contents($candidate, $order["config"]);
try {
	$parsed = parse_xml_config($candidate, $g["xml_rootobj"]);
} catch (Exception $error) {
	$parsed = -1;
}
unlink($candidate);
if (!is_array($parsed)) {
	sluice_end(4, "pfSense cannot read the new configuration");
}
$parts = [];
$before = [];
foreach (["filter", "aliases"] as $path) {
	$parts[$path] = $parsed[$path] ?? "";
	$before[$path] = config_get_path($path, "");
}
sluice_apply($parts, $order["note"]);
$wanted = $order["trackers"];
ksort($wanted);
exec("pfctl -s rules", $loaded);
foreach ([file($g["tmp_path"] . "/rules.debug"), $loaded] as $lines) {
	$found = sluice_count($lines);
	if ($found != $wanted) {
		sluice_apply($before, $order["note"] . ": put back");
		$missing = implode(", ", array_keys(array_diff_assoc($wanted, $found)));
		sluice_end(5, "pfSense did not load every rule, so the former ones were put back; miscounted: " . $missing);
	}
}
`;

/**
 * PHP for the console: takes our rules and aliases out of the configuration. One line without single quotation marks,
 * to be typed or pasted between such.
 */
export const removeScript = [
  'require_once("config.inc"); require_once("functions.inc"); require_once("filter.inc");',
  '$ours = fn($one) => preg_match("/^sluice:/", $one["descr"] ?? "") === 1;',
  'foreach (["filter/rule", "aliases/alias"] as $path)',
  "config_set_path($path, array_values(array_filter(config_get_path($path, []), fn($one) => !$ours($one))));",
  'write_config("Sluice: removed at the console"); filter_configure_sync();',
].join(" ");
