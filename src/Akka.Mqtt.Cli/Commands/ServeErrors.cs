using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>The errors in the configuration of a server. If a key is in the file, its error has the line, and errors are ordered by line.</summary>
internal sealed class ServeErrors
{
    private readonly Dictionary<string, int> _errors = new(StringComparer.Ordinal); // with the line, or 0
    private readonly HashSet<string> _sets;
    private readonly HoconText? _text;
    private readonly string? _file;

    public ServeErrors(ServeOptions options, HoconText? text)
    {
        (_file, _text) = (options.File, text);
        _sets = [.. options.Sets.Select(each => $"{MqttServerSettings.Section}.{each.Split('=')[0].Trim()}")];
    }

    /// <summary>Adds an error.</summary>
    /// <param name="message">The error; it begins with the key.</param>
    /// <returns>Whether it is a new one.</returns>
    public bool Add(string message)
    {
        var line = _text?.PathOf(message) is { } path && !_sets.Contains(path) ? _text.LineOf(path) : null;
        return _errors.TryAdd(line is null ? message : $"{_file}:{line}: {message}", line ?? 0);
    }

    /// <summary>The whole path of the key that a message begins with; null when neither the file nor the command line has it.</summary>
    public string? PathOf(string message)
    {
        var key = message.Split(' ')[0].TrimEnd(':');
        var set = _sets.FirstOrDefault(each => each == key || each == $"{MqttServerSettings.Section}.{key}" || each.EndsWith($".{key}", StringComparison.Ordinal));
        return set ?? _text?.PathOf(message);
    }

    /// <exception cref="CommandFailure">There was an error.</exception>
    public void Throw()
    {
        if (_errors.Count > 0)
            throw new CommandFailure([.. _errors.OrderBy(each => each.Value).Select(each => each.Key)]);
    }
}
