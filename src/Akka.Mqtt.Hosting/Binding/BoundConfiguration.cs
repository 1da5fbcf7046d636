using System.Globalization;
using System.Text;
using Akka.Configuration;
using Microsoft.Extensions.Configuration;

namespace Akka.Mqtt.Hosting.Binding;

/// <summary>
/// Converts a section of <see cref="IConfiguration"/> to HOCON. Each key must be one of the reference configuration, written in the same
/// way (<c>max-connections</c>) or without hyphens in any case (<c>MaxConnections</c>), because environment variables cannot have hyphens.
/// </summary>
internal sealed class BoundConfiguration
{
    private readonly SettingSections _sections;
    private readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal); // from the path in HOCON to the path in IConfiguration
    private readonly List<string> _errors = [];
    private readonly StringBuilder _text = new();

    private BoundConfiguration(SettingSections sections) => _sections = sections;

    public Config Config { get; private set; } = Config.Empty;

    /// <summary>Reads a section.</summary>
    /// <param name="configuration">The keys below <paramref name="sections"/>; null for none.</param>
    /// <param name="sections">Our section with its allowed keys.</param>
    /// <exception cref="ConfigurationException">A key is unknown; the message has one line for each.</exception>
    public static BoundConfiguration Read(IConfiguration? configuration, SettingSections sections)
    {
        var bound = new BoundConfiguration(sections);
        foreach (var child in configuration?.GetChildren() ?? [])
            bound.Add(child, sections.Path);
        if (bound._errors.Count > 0)
            throw new ConfigurationException(string.Join('\n', bound._errors));
        if (bound._text.Length > 0)
            bound.Config = ConfigurationFactory.ParseString(bound._text.ToString());
        return bound;
    }

    /// <summary>Reads settings.</summary>
    /// <exception cref="ConfigurationException">
    /// A value is wrong. If it is from this configuration, the message starts with its key there.
    /// </exception>
    public T Check<T>(Func<Config, T> read)
    {
        try
        {
            return read(Config);
        }
        catch (Exception error) when (error is ConfigurationException or ArgumentException)
        {
            // Our messages start with the key, relative to the section.
            var key = error.Message.Split(' ')[0].TrimEnd(':');
            var origin = _origins.GetValueOrDefault($"{_sections.Path}.{key}")
                ?? _origins.FirstOrDefault(each => each.Key.EndsWith($".{key}", StringComparison.Ordinal)).Value;
            throw origin is null ? error is ConfigurationException ? error : new ConfigurationException(error.Message, error)
                : new ConfigurationException($"{origin}: {error.Message}", error);
        }
    }

    private void Add(IConfigurationSection source, string section)
    {
        if (NameOf(source, section) is not { } name)
            return;
        var path = $"{section}.{name}";
        var children = source.GetChildren().ToList();
        if (_sections.IsSection(path))
        {
            if (children.Count == 0 && !string.IsNullOrEmpty(source.Value))
                _errors.Add($"{source.Path} is a section, not a value.");
            foreach (var child in children)
                Add(child, path);
            return;
        }
        var isList = _sections.IsList(path) || (children.Count > 0 && !_sections.HasDefault(path) && children.All(child => int.TryParse(child.Key, out _)));
        if (children.Count > 0 && !isList)
        {
            _errors.Add($"{source.Path} is a value, not a section.");
            return;
        }
        if (children.Count == 0 && (source.Value is null || (source.Value.Length == 0 && !_sections.HasDefault(path))))
            return; // null in JSON, or empty like the default
        _origins[path] = source.Path;
        var value = isList ? List(source, children)
            : ContentFiles.IsContent(name, source.Value!) ? Value(ContentFiles.Write(name, source.Value!))
            : Value(source.Value!);
        _text.Append(CultureInfo.InvariantCulture, $"{path} = {value}\n");
    }

    /// <summary>The name of a key in HOCON; null when the key does not exist.</summary>
    private string? NameOf(IConfigurationSection source, string section)
    {
        if (SettingSections.HasFreeNames(section))
        {
            if (source.Key.All(each => char.IsLetterOrDigit(each) || each is '-' or '_'))
                return source.Key;
            _errors.Add($"{source.Path}: the name may have letters, digits, - and _ only.");
            return null;
        }
        var known = _sections.KeysOf(section);
        if (known.FirstOrDefault(each => Plain(each) == Plain(source.Key)) is { } name)
            return name;
        _errors.Add($"{source.Path} is not a setting.{Nearest.Suggestion(source.Key, known)}");
        return null;
    }

    private static string Plain(string key) => key.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string List(IConfigurationSection source, List<IConfigurationSection> children) =>
        children.Count == 0 && source.Value is { Length: > 0 } text ? $"[{Value(text)}]" : $"[{string.Join(", ", children.Select(Item))}]";

    private static string Item(IConfigurationSection item) => item.GetChildren().ToList() is { Count: > 0 } fields
        ? $"{{ {string.Join(", ", fields.Select(field => $"{field.Key} = {Value(field.Value ?? "")}"))} }}"
        : Value(item.Value ?? "");

    /// <summary>True and false of JSON arrive in the spelling of .NET.</summary>
    private static string Value(string text) => text is "True" or "False" ? text == "True" ? "on" : "off"
        : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
