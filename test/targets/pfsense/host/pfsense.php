<?php
// pfSense's functions as far as the application uses them, over files in $PF. They do what pfSense's own do:
// `write_config` writes the whole configuration anew, `filter_configure_sync` generates rules and loads them.
$g = ["conf_path" => getenv("PF"), "tmp_path" => getenv("PF"), "xml_rootobj" => "pfsense"];
$lists = ["rule", "alias", "item", "user", "group", "vlan", "cert"];

function parse_xml_config(string $file, string $root) {
	$document = new DOMDocument();
	if (!@$document->loadXML(file_get_contents($file)) || $document->documentElement->tagName !== $root) {
		return -1;
	}
	return stub_array($document->documentElement);
}

function stub_array(DOMElement $element) {
	global $lists;
	$result = [];
	foreach ($element->childNodes as $child) {
		if (!($child instanceof DOMElement)) {
			continue;
		}
		if (in_array($child->tagName, $lists)) {
			$result[$child->tagName][] = stub_array($child);
		} elseif (isset($result[$child->tagName])) {
			throw new Exception("XML error: {$child->tagName} cannot occur more than once");
		} else {
			$result[$child->tagName] = stub_array($child);
		}
	}
	return $result === [] ? trim($element->textContent, "\t\n\r") : $result;
}

function stub_dump(array $values, int $depth): string {
	global $lists;
	$indent = str_repeat("\t", $depth);
	$text = "";
	foreach ($values as $name => $value) {
		foreach (in_array($name, $lists) ? $value : [$value] as $one) {
			if (is_array($one) && $one !== []) {
				$text .= "$indent<$name>\n" . stub_dump($one, $depth + 1) . "$indent</$name>\n";
			} else {
				$content = is_array($one) ? "" : htmlspecialchars($one);
				$text .= "$indent<$name>" . (str_starts_with($name, "descr") && $content !== "" ? "<![CDATA[$content]]>" : $content) . "</$name>\n";
			}
		}
	}
	return $text;
}

function config_get_path(string $path, $default) {
	global $config;
	$value = $config;
	foreach (explode("/", $path) as $key) {
		$value = is_array($value) ? $value[$key] ?? null : null;
	}
	return $value ?? $default;
}

function config_set_path(string $path, $value): void {
	global $config;
	$place = &$config;
	foreach (explode("/", $path) as $key) {
		if (!is_array($place)) {
			$place = [];
		}
		$place = &$place[$key];
	}
	$place = $value;
}

function write_config(string $note): void {
	global $config, $g;
	$config["revision"] = ["time" => "1545602758", "description" => $note, "username" => ""];
	$text = "<?xml version=\"1.0\"?>\n<pfsense>\n" . stub_dump($config, 1) . "</pfsense>\n";
	file_put_contents($g["conf_path"] . "/config.xml", $text);
	file_put_contents($g["conf_path"] . "/history", "$note\n", FILE_APPEND);
}

/** Rules as lines; those that name the tracker in $PF/vanishes become comments. */
function filter_configure_sync(): void {
	global $g;
	$vanishes = @file_get_contents($g["conf_path"] . "/vanishes");
	$lines = ['anchor "userrules/*" all'];
	$filter = config_get_path("filter", []);
	foreach (is_array($filter) ? $filter["rule"] ?? [] : [] as $rule) {
		$mark = $vanishes !== false && trim($vanishes) === ($rule["tracker"] ?? "") ? "# " : "";
		$lines[] = "{$mark}{$rule["type"]} in ridentifier {$rule["tracker"]} label \"USER_RULE: {$rule["descr"]}\" label \"id:{$rule["tracker"]}\"";
	}
	$text = implode("\n", $lines) . "\n";
	file_put_contents($g["tmp_path"] . "/rules.debug", $text);
	file_put_contents(getenv("PF") . "/main", preg_replace("/^#.*\n/m", "", $text));
}

$config = parse_xml_config($g["conf_path"] . "/config.xml", $g["xml_rootobj"]);
