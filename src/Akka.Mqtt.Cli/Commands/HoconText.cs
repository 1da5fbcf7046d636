using System.Text.RegularExpressions;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Finds the line of a key in a HOCON file, for error messages. It also finds errors that Akka's parser accepts silently: a brace, bracket or quotation mark
/// that is never closed, and a key without a value. Values are not read.
/// </summary>
internal sealed partial class HoconText
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly Stack<(string Opened, int Line, string Path, int Items)> _open = new();
    private readonly string _file;
    private string _path = ""; // of the open object
    private string _key = ""; // words without a value so far
    private string? _named; // the key whose value is being read
    private bool _hasValue;
    private int _keyLine;
    private readonly HashSet<string> _referred = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    public HoconText(string file, string text)
    {
        _file = file;
        var line = 1;
        foreach (Match token in Tokens().Matches(text))
        {
            Take(token.Value, line);
            line += token.ValueSpan.Count('\n');
        }
        EndOfKey();
        if (_open.TryPeek(out var open))
            Fail(open.Line, $"'{open.Opened}' is never closed");
    }

    /// <exception cref="CommandFailure">Something is not closed or has no value; each message names file and line.</exception>
    public void Check()
    {
        if (_problems.Count > 0)
            throw new CommandFailure(_problems);
    }

    /// <summary>The whole path of the key that a message begins with; null when the file does not have it.</summary>
    /// <param name="message">The error message of a setting.</param>
    public string? PathOf(string message)
    {
        var key = Leading().Match(message).Value;
        var whole = $"{MqttServerSettings.Section}.{key}";
        return key.Length == 0 ? null
            : new[] { key, whole }.FirstOrDefault(_lines.ContainsKey)
                ?? (whole.EndsWith(']') ? InList(whole) : null)
                ?? _lines.Keys.LastOrDefault(each => each.StartsWith("akka.mqtt.", StringComparison.Ordinal) && each.EndsWith($".{key}", StringComparison.Ordinal));
    }

    /// <summary>The first key of an item of a list; the list itself when the item has none.</summary>
    private string? InList(string item) =>
        _lines.Keys.FirstOrDefault(each => each.StartsWith($"{item}.", StringComparison.Ordinal))
        ?? _lines.Keys.FirstOrDefault(each => item.StartsWith($"{each}[", StringComparison.Ordinal));

    /// <summary>The line where a path, or the first key below it, has a value; null when the file has none.</summary>
    /// <param name="path">The whole path.</param>
    public int? LineOf(string path) => _lines.TryGetValue(path, out var line) ? line
        : _lines.FirstOrDefault(each => each.Key.StartsWith($"{path}.", StringComparison.Ordinal)) is { Key: not null } below ? below.Value
        : null;

    /// <summary>Whether a value refers to a key at the top, or to one below it.</summary>
    /// <param name="key">The key.</param>
    public bool Refers(string key) => _referred.Contains(key);

    private void Take(string token, int line)
    {
        var inList = _open.TryPeek(out var open) && open.Opened == "[";
        switch (token)
        {
            case "\n":
                if (_hasValue)
                    _named = null; // the value may start on the next line
                break;
            case "{" or "[":
                if (token == "{" && _named is null && _key.Length > 0)
                    Name();
                if (inList)
                {
                    _open.Pop();
                    _open.Push(open with { Items = open.Items + 1 });
                }
                _open.Push((token, line, _path, 0));
                _path = _named ?? (inList ? $"{_path}[{open.Items}]" : _path);
                _named = null;
                break;
            case "}" or "]":
                EndOfKey();
                if (_open.TryPop(out open) && open.Opened == "{" == (token == "}"))
                    _path = open.Path;
                else
                    Fail(line, $"'{token}' closes nothing");
                _named = null;
                break;
            case ",":
                EndOfKey();
                _named = null;
                break;
            case "=" or ":" or "+=" when _named is null && !inList:
                Name();
                break;
            case "\"":
                Fail(line, "a quotation mark is never closed");
                break;
            case ['$', '{', .. var name, '}']:
                _referred.Add(name.TrimStart('?').Split('.')[0]);
                _hasValue = true;
                break;
            case ['#', ..] or ['/', '/', ..]:
                break;
            case var _ when _named is not null || inList:
                _hasValue = true;
                break;
            default:
                if (_keyLine != line)
                    EndOfKey();
                _keyLine = line;
                _key += token.Trim('"');
                break;
        }

        void Name()
        {
            if (_key.Length == 0)
                Fail(line, "a value has no key");
            _named = _path.Length == 0 ? _key : $"{_path}.{_key}";
            _lines[_named] = _keyLine;
            (_key, _hasValue) = ("", false);
        }
    }

    /// <summary>A key has no value.</summary>
    private void EndOfKey()
    {
        if (_key.Length > 0 && !_key.StartsWith("include", StringComparison.Ordinal))
            Fail(_keyLine, $"{_key} has no value");
        _key = "";
    }

    private void Fail(int line, string what) => _problems.Add($"{_file}:{line}: {what}");

    [GeneratedRegex(@"^[\w-]+(\[\d+\])?(\.[\w-]+(\[\d+\])?)*")]
    private static partial Regex Leading();

    /// <summary>Comments, texts, references, single signs, ends of lines, words. A remaining quotation mark is not closed.</summary>
    [GeneratedRegex("""(?:#|//)[^\n]*|\"{3}[\s\S]*?\"{3}|"(?:\\.|[^"\\\n])*"|\$\{[^}\n]*\}|\+=|[{}\[\],=:"\n]|[^\s{}\[\],=:#"/$+]+|[^\s]""")]
    private static partial Regex Tokens();
}
