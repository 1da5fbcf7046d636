namespace Akka.Mqtt.Dashboard;

/// <summary>Who may use a dashboard. A section of <c>IConfiguration</c> can be bound to it.</summary>
public sealed class MqttDashboardOptions
{
    /// <summary>
    /// The tokens of its users. Without tokens the dashboard accepts only requests from this machine, which may do everything; it refuses all others, and
    /// requests through a proxy. Default: empty.
    /// </summary>
    public IList<MqttDashboardToken> Tokens { get; } = [];

    /// <summary>Most browsers and programs that receive live figures at a time, 1 to 1,000. Further ones receive status 503. Default: 32.</summary>
    public int MaxLiveStreams { get; set; } = 32;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of its range; the message names it.</exception>
    internal void Validate()
    {
        if (MaxLiveStreams is < 1 or > 1000)
            throw new ArgumentException($"{nameof(MaxLiveStreams)} = {MaxLiveStreams} is out of range: 1 to 1000.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < Tokens.Count; at++)
        {
            var (token, key) = (Tokens[at], $"{nameof(Tokens)}:{at}");
            if (token.Name.Length is 0 or > 64 || token.Name.Any(char.IsControl))
                throw new ArgumentException($"{key}:Name is empty, longer than 64 characters, or has a control character.");
            if (!names.Add(token.Name))
                throw new ArgumentException($"{key}:Name = {token.Name} occurs twice.");
            if (token.Sha256.Length != 64 || !token.Sha256.All(char.IsAsciiHexDigit))
                throw new ArgumentException($"{key}:Sha256 is not a hash of 64 hexadecimal digits; akka-mqtt token makes one.");
            if (!Enum.IsDefined(token.Role))
                throw new ArgumentException($"{key}:Role is neither Read nor Admin.");
        }
    }
}
