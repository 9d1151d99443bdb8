Option Explicit

' A workbook from another computer holds formulas such as ='C:\Users\her\...\sheetscore.xlam'!SCORE(A1:F9). They are led
' to the add-in as it is installed here, before anybody looks at them. Texts are never touched, and no Python is started.
Public Sub MendLinks(ByVal book As Workbook)
    Dim links As Variant, link As Variant, alerts As Boolean, saved As Boolean
    On Error Resume Next
    links = book.LinkSources(xlExcelLinks)
    If IsEmpty(links) Then Exit Sub
    alerts = Application.DisplayAlerts
    saved = book.Saved
    Application.DisplayAlerts = False
    For Each link In links
        If IsForeign(CStr(link)) Then book.ChangeLink CStr(link), ThisWorkbook.FullName, xlLinkTypeExcelLinks
    Next link
    Application.DisplayAlerts = alerts
    book.Saved = saved
End Sub

Private Function IsForeign(ByVal link As String) As Boolean
    Dim file As String
    file = Replace(link, "/", "\")
    file = LCase$(Mid$(file, InStrRev(file, "\") + 1))
    IsForeign = (file = LCase$(ThisWorkbook.Name)) And (LCase$(link) <> LCase$(ThisWorkbook.FullName))
End Function
