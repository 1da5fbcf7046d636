using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// A rule of <c>akka.mqtt.server.durability.rules</c>. It decides which sessions are durable, or which messages are written for durable
/// sessions. It applies when everything that it names matches.
/// </summary>
public sealed record DurabilityRule
{
    /// <summary>Makes a rule.</summary>
    /// <param name="durability">The class of the matching sessions or messages.</param>
    public DurabilityRule(DurabilityClass durability) => Class = durability;

    /// <summary>The class of the matching sessions or messages.</summary>
    public DurabilityClass Class { get; init => field = SettingRange.Choice(value, "durability.rules: class"); }

    /// <summary>
    /// A topic filter. With it, the rule applies to messages with matching topics, not to sessions. Memory: they are not written, for any
    /// session. Durable: they are written for durable sessions. Null for a rule about sessions.
    /// </summary>
    /// <exception cref="ConfigurationException">It is not a valid filter, or is a shared one.</exception>
    public string? Topic
    {
        get;
        init => field = value is null || IsFilter(value)
            ? value
            : throw new ConfigurationException($"durability.rules: topic = {LogText.Escape(value)} is not a topic filter, or is a shared one.");
    }

    /// <summary>
    /// The listener that accepted the client when its session started; null for any. Not allowed together with <see cref="Topic"/>.
    /// </summary>
    public string? Listener { get; init => field = SettingRange.TextOrNone(value, "durability.rules: listener"); }

    /// <summary>
    /// The client identifier of the session; <c>*</c> stands for any text, even an empty one. Null for any. With <see cref="Topic"/> it is
    /// the client that receives the message.
    /// </summary>
    /// <exception cref="ConfigurationException">It is empty.</exception>
    public string? Client
    {
        get;
        init => field = value is { Length: 0 } ? throw new ConfigurationException("durability.rules: client is empty.") : value;
    }

    /// <summary>Whether the rule matches a session.</summary>
    /// <param name="listener">The listener of its client.</param>
    /// <param name="clientId">Its client identifier.</param>
    /// <returns>True when it matches.</returns>
    internal bool Matches(string listener, string clientId) =>
        Topic is null && (Listener is null || Listener == listener) && MatchesClient(clientId);

    /// <summary>Whether the rule matches the client of a session.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>True when it matches.</returns>
    internal bool MatchesClient(string clientId) => Client is null || Matches(Client.AsSpan(), clientId);

    internal static DurabilityRule Create(string path, HoconValue value)
    {
        if (!value.IsObject())
            throw new ConfigurationException($"{path} is not of the form {{ client = \"sensor-*\", class = memory }}.");
        var items = value.GetObject().Items;
        foreach (var key in items.Keys)
        {
            if (key is not ("topic" or "listener" or "client" or "class"))
                throw new ConfigurationException($"{path}.{key} is not a setting: a rule has topic, listener, client and class.");
        }
        if (!items.TryGetValue("class", out var durability))
            throw new ConfigurationException($"{path} has no class: durable or memory.");
        if (!items.ContainsKey("listener") && !items.ContainsKey("client") && !items.ContainsKey("topic"))
            throw new ConfigurationException($"{path} names no topic, listener or client. For all sessions use durability.default.");
        if (TextOf("topic") is { } topic && !IsFilter(topic))
            throw new ConfigurationException($"{path}.topic = {LogText.Escape(topic)} is not a topic filter, or is a shared one.");
        return new DurabilityRule(ClassOf($"{path}.class", durability.GetString()))
        {
            Topic = TextOf("topic"),
            Listener = TextOf("listener"),
            Client = TextOf("client"),
        };

        string? TextOf(string key)
        {
            if (!items.TryGetValue(key, out var text))
                return null;
            return text.IsString() && text.GetString() is { Length: > 0 } found
                ? found
                : throw new ConfigurationException($"{path}.{key} is empty or no text.");
        }
    }

    internal static DurabilityClass ClassOf(string path, string? text) => text switch
    {
        "durable" => DurabilityClass.Durable,
        "memory" => DurabilityClass.Memory,
        _ => throw new ConfigurationException($"{path} = {text} is neither durable nor memory."),
    };

    private static bool IsFilter(string text) => TopicFilter.IsValid(text) && !SharedFilter.IsShared(text);

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (at, star, resume, p) = (0, -1, 0, 0);
        while (at < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, resume, p) = (p, at, p + 1);
            else if (p < pattern.Length && pattern[p] == text[at])
                (p, at) = (p + 1, at + 1);
            else if (star >= 0)
                (p, at) = (star + 1, ++resume);
            else
                return false;
        }
        return pattern[p..].Trim('*').IsEmpty;
    }
}
