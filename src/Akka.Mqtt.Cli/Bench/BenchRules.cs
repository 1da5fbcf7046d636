using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>Which options of a benchmark go together.</summary>
internal static class BenchRules
{
    /// <exception cref="CommandFailure">Options do not go together.</exception>
    public static void Check(BenchOptions options)
    {
        if (options.Url.Scheme is not ("mqtt" or "tcp" or "mqtts" or "ssl" or "tls" or "ws" or "wss" or "unix" or "pipe"))
            throw new CommandFailure($"{options.Url} cannot be dialled: mqtt://, mqtts://, ws://, wss://, unix:// or pipe://.");
        if (options.Tls && options.Url.Scheme is not ("mqtt" or "tcp" or "mqtts" or "ssl" or "tls" or "wss"))
            throw new CommandFailure("--tls is for mqtt://. For WebSocket with TLS, write wss://.");
        if ((options.Authority is not null || options.Insecure) && !options.IsTls)
            throw new CommandFailure("--ca and --insecure belong to TLS: --tls, mqtts:// or wss://.");
        if (options.Mode == BenchMode.Pair && options.Subs != options.Pubs)
            throw new CommandFailure($"pair has as many subscribers as publishers, not {options.Subs} and {options.Pubs}.");
        if (options.QoS != QualityOfService.AtMostOnce && options.Window > ushort.MaxValue)
            throw new CommandFailure($"--window {options.Window} is more than the {ushort.MaxValue} packet identifiers that QoS {(int)options.QoS} has.");
        if (options.Window * (options.Size + 100L) > BenchOptions.MostWindowBytes)
            throw new CommandFailure($"--window {options.Window} of --size {options.Size} is more than 1 GiB.");
        if (options.Password is not null && options.User is null)
            throw new CommandFailure("--password needs --user.");
    }
}
