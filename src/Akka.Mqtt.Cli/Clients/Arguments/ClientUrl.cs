using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The URL of <c>-L</c>: <c>mqtt(s)://[user[:password]@]host[:port]/topic</c>. Nothing in it is percent-decoded, as in mosquitto's clients.</summary>
internal static class ClientUrl
{
    /// <summary>Adds the parts of the URL.</summary>
    /// <exception cref="CommandFailure">It is not such a URL.</exception>
    public static ClientOptions Apply(ClientOptions options, string url)
    {
        const string form = "The form is mqtt[s]://[user[:password]@]host[:port]/topic.";
        var secure = url.StartsWith("mqtts://", StringComparison.Ordinal);
        if (!secure && !url.StartsWith("mqtt://", StringComparison.Ordinal))
            throw new CommandFailure($"-L {Shown(url)}: the scheme is neither mqtt:// nor mqtts://. {form}");
        var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = rest.IndexOf('/');
        if (slash < 0 || slash == rest.Length - 1)
            throw new CommandFailure($"-L {Shown(url)}: the topic is missing. {form}");
        var (authority, topic) = (rest[..slash], rest[(slash + 1)..]);
        if (authority.LastIndexOf('@') is var at and >= 0)
        {
            var user = authority[..at].Split(':', 2);
            options = options with { UserName = user[0], Password = user.Length > 1 ? user[1] : options.Password };
            authority = authority[(at + 1)..];
        }
        var end = authority.StartsWith('[') ? authority.IndexOf(']') : 0; // an IPv6 address
        if (end < 0)
            throw new CommandFailure($"-L {Shown(url)}: a ] is missing behind the address.");
        var colon = authority.IndexOf(':', end);
        var port = colon >= 0 ? ArgumentRule.Number("-L: the port", authority[(colon + 1)..], 1, 65535) : (int?)null;
        var host = (colon >= 0 ? authority[..colon] : authority).Trim('[', ']');
        if (host.Length == 0)
            throw new CommandFailure($"-L {Shown(url)}: the host is missing. {form}");
        return SubscriptionArguments.AddTopic(options with
        {
            Host = host,
            Port = port ?? (secure ? 8883 : 1883),
            Tls = secure ? options.Tls with { SystemAuthorities = true } : options.Tls,
        }, "-L", topic);
    }

    /// <summary>The URL without its password.</summary>
    private static string Shown(string url) =>
        LogText.Escape(url.LastIndexOf('@') is var at and >= 0 && url.IndexOf("://", StringComparison.Ordinal) is var begin and >= 0 && begin + 3 <= at
            ? $"{url[..(begin + 3)]}***{url[at..]}"
            : url);
}
