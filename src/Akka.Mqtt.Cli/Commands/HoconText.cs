using System.Text;
using System.Text.RegularExpressions;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// The text of a HOCON file as far as messages need it: the line of each key, and what is not closed or has no value. Akka's parser takes such a
/// file for what it has understood until there. Used once.
/// </summary>
internal sealed partial class HoconText(string file, string text)
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private readonly Stack<(char Opened, int Line, string Path)> _open = new();
    private readonly StringBuilder _key = new();
    private string _path = ""; // of the object at hand
    private string? _named; // the key whose value is being read
    private bool _hasValue; // some of it
    private int _line = 1;
    private int _keyLine;
    private int _at;
    private CommandFailure? _wrong;

    public static HoconText Read(string file)
    {
        var read = new HoconText(file, File.ReadAllText(file));
        read.Scan();
        return read;
    }

    /// <exception cref="CommandFailure">The file is broken; the message names it and the line.</exception>
    public void Check()
    {
        Scan();
        if (_wrong is not null)
            throw _wrong;
    }

    /// <summary>The line of the key that a message begins with; null when the file has no such key, or the command line has its last word.</summary>
    /// <param name="message">What is wrong with a setting.</param>
    /// <param name="overridden">Keys that the command line sets.</param>
    public int? LineOf(string message, IEnumerable<string> overridden)
    {
        var key = Leading().Match(message).Value;
        if (key.Length == 0)
            return null;
        var candidates = _lines.Where(each => each.Key == key || each.Key.EndsWith($".{key}", StringComparison.Ordinal)).ToList();
        var found = candidates.Find(each => each.Key == key || each.Key == $"{MqttServerSettings.Section}.{key}") is { Key: not null } exact
            ? exact
            : candidates.LastOrDefault(each => each.Key.StartsWith("akka.mqtt.", StringComparison.Ordinal));
        return found.Key is null || overridden.Contains(found.Key) ? null : found.Value;
    }

    [GeneratedRegex(@"^[\w-]+(\.[\w-]+)*")]
    private static partial Regex Leading();

    private void Scan()
    {
        for (; _at < text.Length && _wrong is null; _at++)
            Take(text[_at]);
        EndOfKey();
        if (_wrong is null && _open.TryPeek(out var open))
            Fail(open.Line, $"'{open.Opened}' is never closed");
    }

    private void Take(char character)
    {
        switch (character)
        {
            case '#':
            case '/' when text.AsSpan(_at).StartsWith("//"):
                while (_at + 1 < text.Length && text[_at + 1] != '\n')
                    _at++;
                break;
            case '"':
                TakeQuoted();
                break;
            case '$' when text.AsSpan(_at).StartsWith("${"):
                while (_at < text.Length && text[_at] is not ('}' or '\n'))
                    _at++;
                _at -= _at < text.Length && text[_at] == '\n' ? 1 : 0;
                _hasValue = true;
                break;
            case '\n':
                _line++;
                if (_hasValue)
                    _named = null; // what has none yet may have it on the next line, as a key alone its brace
                break;
            case ',':
                EndOfKey();
                _named = null;
                break;
            case '=' or ':' when _named is null && !InList:
                Name();
                break;
            case '{' or '[':
                Open(character);
                break;
            case '}' or ']':
                Close(character);
                break;
            case var _ when char.IsWhiteSpace(character) || InList:
                break;
            default:
                Append(character.ToString());
                break;
        }
    }

    private bool InList => _open.TryPeek(out var open) && open.Opened == '[';

    /// <summary>Part of a value, or of a key: one on a later line cannot belong to it.</summary>
    private void Append(string part)
    {
        if (_named is not null)
        {
            _hasValue = true;
            return;
        }
        if (_key.Length > 0 && _keyLine != _line)
            EndOfKey();
        if (_key.Length == 0)
            _keyLine = _line;
        _key.Append(part);
    }

    private void Name()
    {
        var key = _key.ToString().TrimEnd('+');
        if (key.Length == 0)
            Fail(_line, "a value has no key");
        _named = _path.Length == 0 ? key : $"{_path}.{key}";
        _lines[_named] = _keyLine;
        _hasValue = false;
        _key.Clear();
    }

    private void Open(char character)
    {
        if (character == '{' && _named is null && _key.Length > 0)
            Name();
        _open.Push((character, _line, _path));
        if (character == '{')
            _path = _named ?? _path;
        _named = null;
    }

    private void Close(char character)
    {
        EndOfKey();
        if (!_open.TryPop(out var open) || (open.Opened == '{') != (character == '}'))
        {
            Fail(_line, $"'{character}' closes nothing");
            return;
        }
        _path = open.Path;
        _named = null;
    }

    private void TakeQuoted()
    {
        var (start, line) = (_at, _line);
        var quote = text.AsSpan(_at).StartsWith("\"\"\"") ? "\"\"\"" : "\"";
        for (_at += quote.Length; _at < text.Length; _at++)
        {
            if (text.AsSpan(_at).StartsWith(quote))
            {
                _at += quote.Length - 1;
                if (!InList)
                    Append(text[(start + quote.Length)..(_at - quote.Length + 1)]);
                return;
            }
            if (text[_at] == '\n' && quote.Length == 1)
                break;
            if (text[_at] == '\n')
                _line++;
            else if (text[_at] == '\\' && quote.Length == 1)
                _at++;
        }
        Fail(line, "a quotation mark is never closed");
    }

    /// <summary>A key that nothing follows.</summary>
    private void EndOfKey()
    {
        var key = _key.ToString();
        _key.Clear();
        if (key.Length > 0 && !key.StartsWith("include", StringComparison.Ordinal))
            Fail(_keyLine, $"{key} has no value");
    }

    private void Fail(int line, string what) => _wrong ??= new CommandFailure($"{file}:{line}: {what}");
}
