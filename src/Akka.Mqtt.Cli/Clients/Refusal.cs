using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>The refusal of a client by a server, as a text and as an exit code.</summary>
internal static class Refusal
{
    /// <summary>The received code: 3.1 and 3.1.1 have return codes, 5.0 has reason codes [MQTT-3.2.2-4 v3.1.1].</summary>
    public static int ExitCode(ReasonCode code, MqttVersion version) =>
        version != MqttVersion.V5 && code.TryToReturnCode(out var returnCode) ? returnCode : (byte)code;

    /// <summary>A sentence.</summary>
    public static string Describe(ReasonCode code, MqttVersion version)
    {
        var hint = code == ReasonCode.UnsupportedProtocolVersion ? " Try another version of MQTT: -V." : "";
        return $"the server refused the connection: {Words(code)} ({ExitCode(code, version)}).{hint}";
    }

    /// <summary>A reason code in words: not authorized.</summary>
    public static string Words(ReasonCode code)
    {
        var text = new StringBuilder();
        foreach (var each in code.ToString())
        {
            if (char.IsUpper(each) && text.Length > 0)
                text.Append(' ');
            text.Append(char.ToLowerInvariant(each));
        }
        return text.ToString();
    }
}
