namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The exit codes of client commands are those of mosquitto's clients. When the server refuses CONNECT, it is the code of CONNACK.</summary>
internal static class ExitCodes
{
    /// <summary>The command line is wrong, or no network connection can be made.</summary>
    public const int Failed = 1;

    /// <summary>The connection was lost.</summary>
    public const int ConnectionLost = 7;

    /// <summary>The time of <c>-W</c> is over.</summary>
    public const int TimedOut = 27;
}
