namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Control characters (U+0001 to U+001F, U+007F to U+009F) in client identifiers and topics. Section 1.5.4 advises against sending them
/// and lets the server refuse them: <c>allow-control-characters</c>.
/// </summary>
internal static class ControlCharacters
{
    /// <summary>Whether a text contains a control character and the settings do not allow any.</summary>
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
