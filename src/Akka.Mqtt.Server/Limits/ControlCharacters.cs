namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Control characters (U+0001 to U+001F, U+007F to U+009F) in client identifiers and topics. The standard (section 1.5.4) says that they should not
/// be sent, and leaves it to the server to refuse them: <c>allow-control-characters</c>.
/// </summary>
internal static class ControlCharacters
{
    /// <summary>Whether a text has one and none is allowed.</summary>
    public static bool AreRefused(string text, MqttServerFeatures features)
    {
        if (features.AllowControlCharacters)
            return false;
        foreach (var character in text)
        {
            if (char.IsControl(character))
                return true;
        }
        return false;
    }
}
