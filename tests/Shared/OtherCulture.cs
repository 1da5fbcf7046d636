using System.Globalization;

namespace Akka.Mqtt;

/// <summary>Cultures that write numbers otherwise. The tests run without the data of cultures, so that they are made here.</summary>
internal static class OtherCulture
{
    /// <summary>The signs of ar-SA and of tr-TR.</summary>
    public static IEnumerable<string> Names => ["ar-SA", "tr-TR"];

    /// <summary>Runs code in a culture, and in the invariant one.</summary>
    public static (T Here, T Invariant) Both<T>(string name, Func<T> code)
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var (negative, point, group) = name == "ar-SA" ? ("\u061C-", "\u066B", "\u066C") : ("-", ",", ".");
        culture.NumberFormat.NegativeSign = negative;
        culture.NumberFormat.NumberDecimalSeparator = point;
        culture.NumberFormat.NumberGroupSeparator = group;
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            var invariant = code();
            CultureInfo.CurrentCulture = culture;
            return (code(), invariant);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
